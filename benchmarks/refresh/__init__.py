"""What a refresh costs: in process, step by step, and over HTTP under two servers."""
