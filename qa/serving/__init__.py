"""How answers reach people and programs."""
