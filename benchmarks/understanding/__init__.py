"""`make compare`: how well, how fast and at what size other classifiers do what ours does, on the same examples and questions."""
