"""Carries out what the ECS scheduler decides: tasks as local processes, targets, logs, metadata."""
