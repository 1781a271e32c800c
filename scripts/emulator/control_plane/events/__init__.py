"""EventBridge: rules that start pipelines, and events that our own services publish."""
