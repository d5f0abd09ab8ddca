"""Projects of music programs: Ableton Live, Reaper, DAWproject."""
