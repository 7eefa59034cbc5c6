"""The reader that ships: one encoder that ranks passages half-way, then finds spans and evidence in the best."""
