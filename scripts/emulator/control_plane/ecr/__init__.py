"""Amazon ECR: moto's repositories, and the registry's manifests as images."""
