"""Pure algorithms and policy files; nothing here knows Git libraries, plugins or streams."""
