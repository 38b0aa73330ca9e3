"""The web chat: views of Answers as escaped HTML, laid out by Gradio."""
