"""Sourcing: which location fulfills what. Orders use the first form still (`plan`); `routing` is what takes its place, in money."""
