"""The pages: preview, reader pages, reports."""
