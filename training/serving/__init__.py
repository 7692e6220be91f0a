"""The model server: OpenAI-compatible chat and embeddings, adapters loaded and unloaded while it serves."""
