/* Probabilities and quantiles of the t distribution. */
#ifndef BIGSWEEP_STATISTICS_DISTRIBUTIONS_INTERNAL_H
#define BIGSWEEP_STATISTICS_DISTRIBUTIONS_INTERNAL_H

/* The regularised incomplete beta function I_x(a, b) for a, b > 0 and 0 <= x <= 1, by the continued
   fraction of DLMF 8.17.22. Relative error below 1e-9 for a and b up to 1e5. */
double bs_incomplete_beta(double a, double b, double x);

/* The probability that |T| >= |t| with n_free degrees of freedom (more than 0; infinite: of the
   normal distribution). NaN where t is NaN. */
double bs_student_p(double t, double n_free);

/* The t that T exceeds with a probability of `tail`, 0 < tail <= 0.5. */
double bs_student_quantile(double tail, double n_free);

#endif
