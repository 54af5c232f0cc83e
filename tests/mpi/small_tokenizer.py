"""Gives copies of models without a tokenizer one of single characters, so that tasks can be put to them.

usage: python3 small_tokenizer.py MODEL_FOLDER COPY_FOLDER
"""

import json
import pathlib
import shutil
import sys

SPECIAL = ["<pad>", "</s>", "<unk>"]
CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \n.,?!:;'\"()-+*/=<>%&#$@[]_{}"


def tokenizer(is_encoder_decoder):
    vocabulary = {text: i for i, text in enumerate(SPECIAL + list(CHARACTERS))}
    ending = {"type": "TemplateProcessing",
              "single": [{"Sequence": {"id": "A", "type_id": 0}}, {"SpecialToken": {"id": "</s>", "type_id": 0}}],
              "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
              "special_tokens": {"</s>": {"id": "</s>", "ids": [1], "tokens": ["</s>"]}}}
    return {"version": "1.0", "truncation": None, "padding": None,
            "added_tokens": [{"id": i, "content": text, "single_word": False, "lstrip": False, "rstrip": False,
                              "normalized": False, "special": True} for i, text in enumerate(SPECIAL)],
            "normalizer": None, "pre_tokenizer": None, "post_processor": ending if is_encoder_decoder else None,
            "decoder": {"type": "Fuse"},
            "model": {"type": "BPE", "dropout": None, "unk_token": "<unk>", "continuing_subword_prefix": None,
                      "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
                      "vocab": vocabulary, "merges": []}}


def main(model, copy):
    copy = pathlib.Path(copy)
    shutil.copytree(model, copy)
    config = json.loads((copy / "config.json").read_text())
    text = json.dumps(tokenizer(config.get("is_encoder_decoder", False)))
    (copy / "tokenizer.json").write_text(text)


main(*sys.argv[1:])
