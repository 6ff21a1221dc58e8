"""Film: a scene on a clock, played into any writer or notebook; how it was made, and making it again."""
