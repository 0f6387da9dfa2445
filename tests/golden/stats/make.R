# Makes stats.csv, the golden answers of R for tests/unit/stats: Rscript make.R > stats.csv
# Needs r-base-core and r-cran-boot. The file has lines "name,values..." that the test looks up by
# name; a line without a name starts with '#'. Data sets are lines "data.NAME".
suppressMessages(library(boot))
options(digits = 17)
cat("# made by make.R with", R.version.string, "and boot", as.character(packageVersion("boot")), "\n")
put <- function(name, ...) {
  cat(paste(c(name, trimws(formatC(c(...), digits = 17, format = "g"))), collapse = ","), "\n", sep = "")
}

# --- data ----------------------------------------------------------------------------------------
set.seed(20261121, kind = "Mersenne-Twister", normal.kind = "Inversion")
data <- list(
  normal = rnorm(100, 50, 3),
  exponential = rexp(57, 0.1),
  lognormal = exp(rnorm(200, 1, 0.8)),
  ties = round(rnorm(64, 10, 2)),
  heavy = rcauchy(41),
  two = c(3, 8),
  one = 42,
  offset = 1e9 + rnorm(99),
  ar = as.numeric(arima.sim(list(ar = 0.6), 400)),
  ma = as.numeric(arima.sim(list(ma = -0.7), 300)) + 5,
  slow = as.numeric(arima.sim(list(ar = 0.95), 1000))
)
for (name in names(data)) put(paste0("data.", name), data[[name]])

# --- distributions: argument(s), then answer -------------------------------------------------------
ps <- c(1e-300, 1e-20, 1e-10, 1e-5, 0.001, 0.025, 0.05, 0.1, 0.3, 0.5, 0.6, 0.75, 0.9, 0.975, 0.999,
        1 - 1e-9)
for (p in ps) put("qnorm", p, qnorm(p))
for (z in c(-37, -10, -3, -1.96, -0.5, 0, 0.3, 1, 2.5, 6)) put("pnorm", z, pnorm(z))
for (df in c(1, 2, 3, 4, 7, 9, 30, 99, 1000, 0.5, 2.7))
  for (p in c(1e-6, 0.001, 0.025, 0.2, 0.5, 0.8, 0.975, 0.9995)) put("qt", p, df, qt(p, df))
for (df in c(1, 2.5, 4, 19, 250))
  for (t in c(-40, -2.2, -0.1, 0, 0.7, 3, 12)) put("pt", t, df, pt(t, df))
for (ab in list(c(0.5, 0.5), c(1, 3), c(2, 2), c(5, 0.7), c(20, 80), c(1000, 3), c(3e4, 5e4)))
  for (q in c(0.001, 0.1, 0.25, 0.374, 0.5, 0.9, 0.999)) {
    put("pbeta", q, ab, pbeta(q, ab[1], ab[2]))
    put("qbeta", q, ab, qbeta(q, ab[1], ab[2]))
  }

# --- summaries -----------------------------------------------------------------------------------
walsh <- function(x) {
  s <- outer(x, x, "+") / 2
  median(s[upper.tri(s, diag = TRUE)])
}
for (name in names(data)) {
  x <- data[[name]]
  put(paste0("summary.", name), mean(x), mean(x, trim = 0.1), median(x), mad(x, constant = 1),
      mad(x, constant = 1 / qnorm(0.75)), if (length(x) > 1) sd(x) else NaN, min(x), max(x),
      quantile(x, c(0.05, 0.25, 0.75, 0.95, 0.99), type = 7))
  for (type in 6:8)
    put(paste0("quantile.", name), type, quantile(x, c(0, 0.01, 0.1, 0.5, 0.731, 0.99, 1), type = type))
  put(paste0("walsh.", name), walsh(x))
  q <- quantile(x, c(0.25, 0.75), type = 7)
  f <- q[c(1, 1, 2, 2)] + diff(q) * c(-3, -1.5, 1.5, 3)
  put(paste0("outliers.", name), sum(x < f[1]), sum(x < f[2] & x >= f[1]),
      sum(x > f[3] & x <= f[4]), sum(x > f[4]))
}

# --- slopes --------------------------------------------------------------------------------------
n <- 1:100
y <- n * 12.5 + 40 + rnorm(100, sd = sqrt(n)) + (n %% 17 == 0) * 300
put("data.slope_x", n)
put("data.slope_y", y)
line <- function(fit, intercept) {
  s <- summary(fit)
  k <- nrow(s$coefficients)
  put(if (intercept) "slope.line" else "slope.origin", coef(fit)[k], if (intercept) coef(fit)[1] else 0,
      s$coefficients[k, 2], s$r.squared)
}
line(lm(y ~ n - 1), FALSE)
line(lm(y ~ n), TRUE)
s <- summary(lm(y ~ n - 1, weights = 1 / n))
put("slope.ratio", coef(s)[1, 1], coef(s)[1, 2])
pairs <- combn(100, 2)
theil <- median((y[pairs[2, ]] - y[pairs[1, ]]) / (n[pairs[2, ]] - n[pairs[1, ]]))
put("slope.theil", theil, median(y - theil * n))

# --- autocorrelation -----------------------------------------------------------------------------
geyer <- function(x) {
  r <- acf(x, lag.max = length(x) - 1, plot = FALSE)$acf[, 1, 1]
  if (length(r) %% 2) r <- r[-length(r)]
  pair <- colSums(matrix(r, 2))
  stop_at <- which(pair <= 0)
  if (length(stop_at)) pair <- pair[seq_len(stop_at[1] - 1)]
  time <- 2 * sum(cummin(pair)) - 1
  min(length(x), length(x) / max(time, 1e-300), if (time <= 1) length(x) else Inf)
}
# Politis & White (2004) with the correction of 2009, circular blocks, written from the paper.
block_length <- function(x) {
  N <- length(x)
  K <- max(5, ceiling(sqrt(log10(N))))
  most <- min(ceiling(sqrt(N)) + K, N - 1)
  r <- acf(x, lag.max = most, plot = FALSE)$acf[, 1, 1]
  rho <- r[-1]
  small <- abs(rho) < qnorm(0.975) * sqrt(log10(N) / N)
  starts <- Filter(function(m) all(small[m + 1:K]), 0:(most - K))
  m <- if (length(starts)) starts[1] else max(c(0, which(!small)))
  M <- min(max(1, 2 * m), most)
  k <- -M:M
  w <- pmin(1, pmax(0, 2 * (1 - abs(k) / M)))
  g <- sum(w * abs(k) * r[abs(k) + 1])
  D <- 4 / 3 * sum(w * r[abs(k) + 1])^2
  b <- (2 * g^2 / D * N)^(1 / 3)
  max(1, ceiling(min(b, ceiling(min(3 * sqrt(N), N / 3)), floor(N / 3))))
}
for (name in c("normal", "lognormal", "ar", "ma", "slow")) {
  x <- data[[name]]
  put(paste0("acf.", name), acf(x, lag.max = 5, plot = FALSE)$acf[2:6, 1, 1])
  put(paste0("effective.", name), geyer(x), block_length(x))
}

# --- intervals -----------------------------------------------------------------------------------
for (case in list(c(0, 10), c(10, 10), c(1, 7), c(13, 50), c(950, 1000), c(4, 100000))) {
  put("wilson", case, prop.test(case[1], case[2], correct = FALSE)$conf.int)
  put("clopper", case, binom.test(case[1], case[2])$conf.int)
}
for (k in c(2, 5, 41)) put("student", k, t.test(data$heavy[1:k], conf.level = 0.9)$conf.int)
hutson <- function(x, p, conf) {
  N <- length(x)
  at <- function(level) uniroot(function(u) pbeta(p, (N + 1) * u, (N + 1) * (1 - u)) - level,
                                c(1e-12, 1 - 1e-12), tol = 1e-15)$root
  quantile(x, c(at((1 + conf) / 2), at((1 - conf) / 2)), type = 6)
}
exact <- function(x, p, conf) {
  N <- length(x)
  s <- sort(x)
  tail <- (1 - conf) / 2
  low <- Filter(function(r) pbinom(r - 1, N, p) <= tail, seq_len(N))
  high <- Filter(function(r) pbinom(r - 1, N, p) >= 1 - tail, seq_len(N))
  c(if (length(low)) s[max(low)] else -1e300, if (length(high)) s[min(high)] else 1e300)
}
for (name in c("normal", "exponential", "lognormal"))
  for (p in c(0.05, 0.5, 0.9, 0.99)) {
    put(paste0("hutson.", name), p, hutson(data[[name]], p, 0.95))
    put(paste0("exact.", name), p, exact(data[[name]], p, 0.95))
  }

# --- BCa and percentile limits of given replicates, by boot.ci --------------------------------------
x <- data$exponential
for (stat in c("mean", "sd")) {
  f <- get(stat)
  b <- boot(x, function(d, i) f(d[i]), R = 999)
  jack <- sapply(seq_along(x), function(i) f(x[-i]))
  L <- (length(x) - 1) * (mean(jack) - jack)
  put(paste0("replicates.", stat), b$t[, 1])
  put(paste0("jackknife.", stat), jack)
  for (conf in c(0.5, 0.95, 0.99)) {
    put(paste0("bca.", stat), conf, b$t0, boot.ci(b, conf = conf, type = "bca", L = L)$bca[4:5])
    put(paste0("perc.", stat), conf, b$t0, boot.ci(b, conf = conf, type = "perc")$percent[4:5])
  }
}

# --- pairs: signed ranks; and p-values of many tests ------------------------------------------------
for (n in c(6, 12, 19, 50, 150, 400)) {
  x <- rt(n, 2) / 10 + 0.01
  put(paste0("data.pairs_", n), x)
  for (conf in c(0.5, 0.95, 0.999)) {
    if (2 * psignrank(0, n) > 1 - conf) next
    w <- wilcox.test(x, exact = TRUE, conf.int = TRUE, conf.level = conf)
    put(paste0("signrank.pairs_", n), conf, w$estimate, w$conf.int)
  }
  for (mu in c(0, 0.01, -0.05, 0.3, -2)) {
    p <- sapply(c("two.sided", "greater", "less"), function(side)
      wilcox.test(x, mu = mu, exact = TRUE, alternative = side)$p.value)
    put(paste0("signp.pairs_", n), mu, p)
  }
}
tests <- list(many = c(0.01, 0.04, 0.04, 0.0004, 0.5, 1, 0.9, 0.013, 0.2, 0, 0.01, 0.03),
              few = c(0.03, 0.02))
for (name in names(tests)) {
  put(paste0("data.", name), tests[[name]])
  put(paste0("holm.", name), p.adjust(tests[[name]], "holm"))
  put(paste0("bh.", name), p.adjust(tests[[name]], "BH"))
}
