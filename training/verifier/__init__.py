"""How the entailment verifier is made: ``examples`` and ``made`` -> ``train`` -> ``export`` -> ``evaluate``."""
