% Preferred scores with Octave, whose load() cannot read UTF-8 text of HDF5 files: from the tables of
%   bigsweep export RESULTS.h5 --format csv -o tables
% octave octave_scores.m tables
1;

% The columns of a table of CSV as texts: a struct with a cell array for each.
function columns = read_table(path)
  text = fileread(path);
  fields = {};
  row = 1;
  % A field in quotes (which may hold commas and line ends) or a plain one, and what ends it.
  found = regexp(text, '("(?:[^"]|"")*"|[^,\n"]*)(,|\n|$)', 'tokens');
  column = 1;
  for i = 1:numel(found)
    value = found{i}{1};
    if numel(value) > 1 && value(1) == '"'
      value = strrep(value(2:end-1), '""', '"');
    end
    fields{row, column} = value;
    column++;
    if ! strcmp(found{i}{2}, ',')
      row++;
      column = 1;
    end
  end
  columns = struct();
  for i = 1:size(fields, 2)
    columns.(fields{1, i}) = fields(2:end, i);
  end
end

folder = argv(){1};
models = read_table(fullfile(folder, "models.csv"));
tasks = read_table(fullfile(folder, "tasks.csv"));
scores = read_table(fullfile(folder, "scores.csv"));
% Row numbers in the file count from 0, Octave's from 1.
model = str2double(scores.model) + 1;
task = str2double(scores.task) + 1;
for i = 1:numel(scores.value)
  if ! isempty(scores.value{i}) && strcmp(scores.metric{i}, tasks.preferred_metric{task(i)})
    printf("%s %s %s %s %.6f\n", models.name{model(i)}, tasks.name{task(i)}, scores.shots{i}, ...
           scores.metric{i}, str2double(scores.value{i}));
  end
end
