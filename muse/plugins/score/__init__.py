"""Scores as notation programs keep them: MusicXML and MuseScore, merged by part, measure and note."""
