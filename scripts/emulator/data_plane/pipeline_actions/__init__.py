"""Carries out what the pipeline engine starts: a driver, and one module a provider.

An executor is a function from an `ActionContext` to an `Outcome`. It acts as CodePipeline's job
workers do: a caller of AWS's APIs, on the pipeline's behalf. What it raises is the failure.
"""
