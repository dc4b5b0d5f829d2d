"""The commands, one file each: `arguments` says what a command takes, `run` parses, calls the library and prints."""
