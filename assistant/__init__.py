"""Answers from a corpus of articles, cited to exact characters and checked."""
