/* The functions of a feed-forward layer's hidden elements. */
#ifndef BIGSWEEP_CHECKPOINT_ACTIVATION_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_ACTIVATION_INTERNAL_H

typedef enum bs_activation {
  BS_ACTIVATION_SILU,
  BS_ACTIVATION_GELU,       /* x Phi(x) */
  BS_ACTIVATION_GELU_TANH,  /* its tanh form */
  BS_ACTIVATION_GELU_QUICK, /* x sigmoid(1.702 x) */
  BS_ACTIVATION_RELU,
} bs_activation;

#endif
