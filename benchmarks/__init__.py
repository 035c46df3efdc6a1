"""Measurements of the system: figures against their bars, what grows, and where time goes."""

import os

# What a machine was told to multiply with, others are not: measured is what the system chooses by itself.
for _told in ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE"):
    os.environ.pop(_told, None)
