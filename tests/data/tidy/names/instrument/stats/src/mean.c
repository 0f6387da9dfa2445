/* mean.c - names inside a room are free. */
double mean_internal(double x)
{
    return x;
}
