"""The image registry: blobs and manifests on disk, the OCI distribution protocol in front."""
