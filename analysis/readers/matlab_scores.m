% Preferred scores with MATLAB's h5read: matlab_scores("RESULTS.h5")
function matlab_scores(path)
  models = string(h5read(path, "/models/name"));
  tasks = string(h5read(path, "/tasks/name"));
  preferred = string(h5read(path, "/tasks/preferred_metric"));
  % Row numbers in the file count from 0, MATLAB's from 1.
  model = h5read(path, "/scores/model") + 1;
  task = h5read(path, "/scores/task") + 1;
  shots = h5read(path, "/scores/shots");
  metric = string(h5read(path, "/scores/metric"));
  value = h5read(path, "/scores/value");
  for i = 1:numel(value)
    if metric(i) == preferred(task(i))
      fprintf("%s %s %d %s %.6f\n", models(model(i)), tasks(task(i)), shots(i), metric(i), value(i));
    end
  end
end
