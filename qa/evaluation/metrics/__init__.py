"""Metrics as plain functions of texts and arrays, without datasets or runs.

``answers`` (exact match, F1), ``citations`` (ALCE, characters), ``abstention`` (confidence and refusals) and
``statistics`` (confidence intervals and tests). What a library has, it computes; what is written here although one has
it, too, agrees with it in the tests:

- rankings: ir-measures (``scoring.rankings``). McNemar, exact bounds, ranks and distributions: scipy;
- EM, F1: Hugging Face's evaluate fetches its scripts from the hub when they are called, which must work offline, and
  has English only; AUROC: scipy has the statistic, but beside a p-value that takes seven times as long as the figure,
  some thousand times an interval; kappa, balanced accuracy: scikit-learn has them, 30 MB for two lines;
- paired randomisation: scipy's permutation test gives the same exact p-value, but not the swaps, of which the interval
  beside it must be the inverse. Bootstrap: scipy's resamples single questions, not groups. Holm's correction: none has
  it (statsmodels would);
- AURC, ECE, ALCE's citations, evidence by characters, nuggets: none of ir-measures, scipy, ranx, evaluate, sacrebleu.
"""
