"""Fakes that go through public interfaces."""
