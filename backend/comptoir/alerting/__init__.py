"""Alerts: head office and regions say what somebody has to be told of; a job judges it, pages show it, messages carry it."""
