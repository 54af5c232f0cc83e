# Preferred scores with HDF5.jl: julia julia_scores.jl RESULTS.h5
using HDF5, Printf

h5open(ARGS[1], "r") do file
    models, tasks = read(file["models/name"]), read(file["tasks/name"])
    preferred = read(file["tasks/preferred_metric"])
    scores = read(file["scores"])
    for i in eachindex(scores["value"])
        # Row numbers in the file count from 0, Julia's from 1.
        model, task = scores["model"][i] + 1, scores["task"][i] + 1
        if scores["metric"][i] == preferred[task]
            @printf("%s %s %d %s %.6f\n", models[model], tasks[task], scores["shots"][i],
                    scores["metric"][i], scores["value"][i])
        end
    end
end
