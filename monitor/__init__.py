"""parcelwarden, the application: what is watched, how it is judged, what the user is told."""

__version__ = "0.1.0"
