"""Where: locations, their hours and places on the map, and how soon they can have something ready."""
