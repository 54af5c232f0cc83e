# Preferred scores with rhdf5 (Bioconductor; Debian: r-bioc-rhdf5): Rscript rhdf5_scores.R RESULTS.h5
suppressPackageStartupMessages(library(rhdf5))
path <- commandArgs(trailingOnly = TRUE)[1]
columns <- function(table) data.frame(lapply(h5read(path, table), as.vector))
models <- columns("models")
tasks <- columns("tasks")
scores <- columns("scores")
# Row numbers in the file count from 0, R's from 1.
scores <- scores[scores$metric == tasks$preferred_metric[scores$task + 1], ]
cat(sprintf("%s %s %d %s %.6f\n", models$name[scores$model + 1], tasks$name[scores$task + 1],
            scores$shots, scores$metric, scores$value), sep = "")
