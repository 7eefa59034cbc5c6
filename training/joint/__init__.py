"""The next reader: one encoder that ranks passages half-way, then finds spans and evidence in the best of them.

Its training is complete, its weights are not: nothing that ships rests on it yet.
"""
