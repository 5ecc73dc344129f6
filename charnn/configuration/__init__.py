"""Reading a configuration: the YAML document, its sections, overrides, families of parts, shipped recipes. No torch."""
