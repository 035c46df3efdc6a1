"""Pictures of every state of widget and console, taken from the running system: `python -m tests.screenshots [folder]`."""
