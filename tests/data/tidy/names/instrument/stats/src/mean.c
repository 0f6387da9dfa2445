/* mean.c */
double stats_mean(double x)
{
    return x;
}

static double free_name(void)
{
    return stats_mean(0);
}

double leaked(void)
{
    return free_name();
}
