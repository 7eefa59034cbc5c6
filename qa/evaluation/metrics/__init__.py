"""Metrics as plain functions of texts and arrays, without datasets or runs.

``answers`` (exact match, F1), ``citations`` (ALCE, characters), ``abstention`` (confidence and refusals) and
``statistics`` (confidence intervals and tests). What a library has, it computes; what is written here although one has
it, too, agrees with it in the tests:

- rankings and ``hit@k``: ir-measures (``scoring.rankings``). AUROC, McNemar, exact bounds and distributions: scipy;
- EM, F1: Hugging Face's evaluate fetches its scripts from the hub when they are called, which must work offline, and
  has English only; kappa, balanced accuracy: scikit-learn has them, 30 MB for two lines;
- overlap of cited and gold: one function for words, sentences and documents, of which ir-measures has the last;
- paired randomisation: scipy's permutation test gives the same exact p-value, but takes 6 to 26 times as long and keeps
  no swaps, of which the interval beside it must be the inverse. Bootstrap: scipy's has no studentised interval, and
  BCa holds less often with few groups. Holm's correction: none has it (statsmodels would);
- AURC, ECE, ALCE's citations, evidence by characters, nuggets: none of ir-measures, scipy, ranx, evaluate, sacrebleu.
"""
