"""What every unit test shares."""
