"""Where texts come from: manifests, files, streams, the cache, generators."""
