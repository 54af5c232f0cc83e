# Preferred scores with hdf5r (CRAN; Debian: r-cran-hdf5r): Rscript hdf5r_scores.R RESULTS.h5
suppressPackageStartupMessages(library(hdf5r))
file <- H5File$new(commandArgs(trailingOnly = TRUE)[1], mode = "r")
column <- function(name) file[[name]][]
preferred <- column("tasks/preferred_metric")
# Row numbers in the file count from 0, R's from 1.
model <- column("scores/model") + 1
task <- column("scores/task") + 1
metric <- column("scores/metric")
keep <- metric == preferred[task]
cat(sprintf("%s %s %d %s %.6f\n", column("models/name")[model], column("tasks/name")[task],
            as.integer(column("scores/shots")), metric, column("scores/value"))[keep], sep = "")
file$close_all()
