/* The cache in which the Hugging Face Hub's tools keep what they download. */
#ifndef BIGSWEEP_CHECKPOINT_HUB_CACHE_INTERNAL_H
#define BIGSWEEP_CHECKPOINT_HUB_CACHE_INTERNAL_H

/* In a model's folder of the cache (models--ORG--NAME): the snapshot that refs/main names, else the
   first one. NULL: there is none. Free with free(). */
char *bs_hub_snapshot(const char *dir);
/* The snapshot of ORG/NAME in this user's cache ($HF_HUB_CACHE, $HF_HOME/hub,
   ~/.cache/huggingface/hub); NULL: it is not there. Free with free(). */
char *bs_hub_cached(const char *name);

#endif
