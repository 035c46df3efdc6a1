"""What becomes of personal data in time: erased on request, given out on request, and dropped when it is no longer needed.

The register of applications (`bot/permits`) belongs to the authority; nothing here writes to it.
"""
