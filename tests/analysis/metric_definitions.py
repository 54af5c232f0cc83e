"""Every metric in Python, from its definition: what test_metrics.py compares with."""
import collections
import hashlib
import math
import re
import string
import struct

# White space at both ends, as str.strip tells it, decides no match.

def exact(text, targets):
    return float(text.strip() in [target.strip() for target in targets])


def case_insensitive(text, targets):
    return float(text.lower().strip() in [target.lower().strip() for target in targets])


def number_in(text):
    """As float() reads it, ASCII digits alone; None for what is no finite number."""
    try:
        value = float(text) if not re.search(r"[^\W0-9eE_]", text.strip()) else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def numeric(text, targets):
    value = number_in(text)
    wanted = [number_in(target) for target in targets]
    return float(value is not None and any(
        w is not None and abs(value - w) <= 0.1 * abs(w) for w in wanted))


def fewest_edits(a, b):
    """The whole table of distances between prefixes."""
    table = [[i + j if i * j == 0 else 0 for j in range(len(b) + 1)] for i in range(len(a) + 1)]
    for i in range(1, len(a) + 1):
        for j in range(1, len(b) + 1):
            table[i][j] = min(table[i - 1][j] + 1, table[i][j - 1] + 1,
                              table[i - 1][j - 1] + (a[i - 1] != b[j - 1]))
    return table[-1][-1]


def edit_distance(text, targets):
    return float(min(fewest_edits(text.strip(), target.strip()) for target in targets))


def words_of(text):
    text = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", text).split()


def sequence_f1(text, targets):
    def one(target):
        a, b = words_of(text), words_of(target)
        if not a and not b:
            return 1
        same = sum((collections.Counter(a) & collections.Counter(b)).values())
        if same == 0:
            return 0
        precision, recall = same / len(a), same / len(b)
        return 2 * precision * recall / (precision + recall)
    return 100 * max(one(target) for target in targets)


def macro_f1(examples):
    """`examples` are (text, targets)."""
    examples = [(text.strip(), [target.strip() for target in targets])
                for text, targets in examples]
    truths = [text if text in targets else targets[0] for text, targets in examples]
    scores = []
    for label in sorted(set(truths)):
        both = [(text == label, truth == label) for (text, _), truth in zip(examples, truths)]
        right = sum(p and t for p, t in both)
        wrong = sum(p and not t for p, t in both)
        missed = sum(t and not p for p, t in both)
        scores.append(2 * right / (2 * right + wrong + missed))
    return sum(scores) / len(scores)


def postprocessed(generated, task):
    """Generated text as BIG-bench compares it."""
    text = generated[: task["max_length"]]
    stop = task["stop_string"]
    if stop and text.find(stop) > 0:
        text = text[: text.find(stop) + len(stop)]
    if task["output_regex"]:
        found = re.findall(task["output_regex"], text)
        text = found[0] if found else ""
    return text


def best_choice(logprobs):
    tied = [i for i, value in enumerate(logprobs) if value == max(logprobs)]
    digest = hashlib.sha256(struct.pack(f"<{len(logprobs)}d", *logprobs)).hexdigest()
    return tied[int(digest, 16) % len(tied)]


def grade(logprobs, scores):
    return scores[best_choice(logprobs)]


def probabilities(logprobs):
    total = math.fsum(math.exp(value - max(logprobs)) for value in logprobs)
    return [math.exp(value - max(logprobs)) / total for value in logprobs]


def weighted(logprobs, scores):
    return math.fsum(p * s for p, s in zip(probabilities(logprobs), scores))


def brier(logprobs, scores):
    return math.fsum((p - s) ** 2 for p, s in zip(probabilities(logprobs), scores)) / len(scores)


def weighted_logs(logprobs, scores):
    if min(scores) < 0 or sum(scores) == 0:
        return math.nan
    return math.fsum(s / sum(scores) * v for v, s in zip(logprobs, scores))


def classification_loss(logprobs, scores):
    p = probabilities(logprobs)
    return -math.log(math.fsum(q for q, s in zip(p, scores) if s == max(scores)))


def choice_probability(logprobs, scores):
    total = math.fsum(math.exp(v) for v in logprobs)
    return math.fsum(math.exp(v) for v, s in zip(logprobs, scores) if s == max(scores)) / total


def logodds(logprobs, scores):
    if len(scores) != 2 or scores[0] == scores[1]:
        return math.nan
    right = scores.index(max(scores))
    return logprobs[right] - logprobs[1 - right]


def bias(answers):
    """`answers` are (the choice's group is the biased answer, the unbiased one, right)."""
    biased = sum(b for b, _, _ in answers)
    unbiased = sum(u for _, u, _ in answers)
    return 2 * biased / (biased + unbiased) - 1 if biased + unbiased else math.nan


def ambiguous_bias(answers):
    wrong = 1 - sum(right for _, _, right in answers) / len(answers)
    return wrong * bias(answers) if wrong else 0.0


def calibration(examples):
    """`examples` are (logprobs, scores)."""
    bins = [[] for _ in range(10)]
    for logprobs, scores in examples:
        p = probabilities(logprobs)
        sure = max(p)
        bins[min(9, int(10 * sure))].append((sure, scores[p.index(sure)] == max(scores)))
    return sum(abs(sum(right for _, right in b) / len(b) - sum(sure for sure, _ in b) / len(b))
               * len(b) / len(examples) for b in bins if b)


TEXT = {"exact_str_match": exact, "case_insensitive_str_match": case_insensitive,
        "numeric_match_with_0_1_relative_error": numeric, "character_edit_distance": edit_distance,
        "sequence_f1": sequence_f1}
CHOICE = {"multiple_choice_grade": grade, "weighted_probabilities": weighted,
          "calibration_multiple_choice_brier_score": brier, "logodds": logodds,
          "weighted_log_probabilities": weighted_logs, "classification_loss": classification_loss,
          "choice_probability": choice_probability}
CORPUS = {"macro_f1": macro_f1, "expected_calibration_error": calibration}


def mean(values):
    values = [value for value in values if not math.isnan(value)]
    if not values:
        return math.nan
    return math.fsum(values) / len(values)


def between_clusters(deviations, clusters):
    """Error of a mean from the deviations of what it is of, which hang together in clusters."""
    sums = collections.Counter()
    for deviation, cluster in zip(deviations, clusters):
        sums[cluster] += deviation
    n, n_clusters = len(deviations), len(sums)
    return math.sqrt(n_clusters / (n_clusters - 1) * math.fsum(s ** 2 for s in sums.values())) / n


def standard_error(values, clusters=None):
    if clusters is not None:
        m = mean(values)
        return between_clusters([v - m for v in values], clusters)
    values = [value for value in values if not math.isnan(value)]
    if len(values) < 2:
        return math.nan
    m = mean(values)
    return math.sqrt(math.fsum((v - m) ** 2 for v in values) / (len(values) - 1) / len(values))


def jackknife(metric, examples, clusters=None):
    without = [metric(examples[:i] + examples[i + 1:]) for i in range(len(examples))]
    m = mean(without)
    return between_clusters([(len(without) - 1) * (m - v) for v in without],
                            clusters or range(len(without)))


def near(a, b):
    return (math.isnan(a) and math.isnan(b)) or abs(a - b) <= 1e-9 * (1 + abs(b))
