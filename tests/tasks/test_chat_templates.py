"""Prompts within a known wrap are, byte for byte, what the model's own chat template makes of a single
user turn with add_generation_prompt. Templates of tokenizer_config.json are rendered as transformers
renders them. Arguments: the program bigsweep, the source folder."""

import json
import os
import subprocess
import sys
import tempfile

SKIPPED = 77
try:
    from jinja2.sandbox import ImmutableSandboxedEnvironment
except ImportError:
    print("python3-jinja2 is not installed: skipped")
    sys.exit(SKIPPED)

# Folder of the tokenizer, the wrap, what the template is given besides.
CASES = [("llama3", "llama3", {}), ("qwen2.5", "qwen2.5", {}), ("qwen3", "qwen3", {}),
         ("qwen3", "chatml", {}), ("qwen3", "qwen3-no-thinking", {"enable_thinking": False})]

TASK = {"name": "t", "description": "", "keywords": [], "metrics": ["exact_str_match"], "examples": [
    {"input": "What is 2 + 3?", "target": "5"},
    {"input": " Übung\u00a0\u2003 <|im_end|> {{ x }} {% y %} \\n\t", "target": "ja\n"},
    {"input": "", "target": ["one", "two"]},
    {"input": "Choose.", "target": "a", "target_scores": {"a": 1, " b": 0}}]}

# Ends of prompts that are trimmed, or not, and shots.
WAYS = [([], {}), (["--shots", "2"], {"example_output_prefix": "\u3000\n\n "}),
        ([], {"example_input_prefix": "\u2028\t x", "example_output_prefix": "",
              "reasoning_prompt": "Let's think. ", "answer_prompt": "So "})]


def prompts(program, path, options):
    """The prompts of all examples, and what is put behind them."""
    out = subprocess.run([program, "prompt", path, *options], check=True, capture_output=True)
    return [json.loads(line) for line in out.stdout.decode().split("\n") if line]


def rendered(folder, content, more):
    with open(os.path.join(folder, "tokenizer_config.json"), encoding="utf-8") as file:
        config = json.load(file)
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(config["chat_template"])
    special = {key: config[key] for key in ("bos_token", "eos_token") if config.get(key)}
    return template.render(messages=[{"role": "user", "content": content}],
                           add_generation_prompt=True, **special, **more)


def check(program, shared, path):
    n = 0
    for options, variant in WAYS:
        plain = prompts(program, path, [*options, "--variant", json.dumps(variant)])
        for name, wrap, more in CASES:
            wrapped = prompts(program, path, [*options, "--wrap", wrap,
                                              "--variant", json.dumps(variant)])
            if not variant:  # the same as a variant's and as a model's
                assert wrapped == prompts(program, path, ["--variant", json.dumps({"wrap": wrap})])
            assert len(wrapped) == len(plain) == len(TASK["examples"])
            for line, before in zip(wrapped, plain):
                content = before["prompt"] + before.get("reasoning_prompt", "")
                expected = rendered(os.path.join(shared, name), content, more)
                assert line["prompt"] == expected, (wrap, variant, line["prompt"], expected)
                n += 1
    return n


def main(program, source):
    shared = os.path.join(source, os.pardir, "shared", "data", "tokenizers")
    if not os.path.isdir(os.path.join(shared, "llama3")):
        print(f"no {shared}: skipped")
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "t.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(TASK, file)
        print(f"{check(program, shared, path)} prompts are what the templates make of them")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
