"""The OpenAI-compatible gateway: which calls are accepted, what they can cost at most, and how they reach a model.

    bytes ─▶ chat.ChatParser ─▶ ChatRequest ─▶ service.GatewayService ─▶ upstream.Upstream
             fields, shapes       price bound        call, sse, stream       http_upstream | embedded

Nothing here knows HTTP servers, sessions or budgets: who may call, and with which money, is decided before.
"""
