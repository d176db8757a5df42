from __future__ import annotations

from boundgate.oauth.metadata import MetadataDocuments

DOCUMENTS = MetadataDocuments(issuer="https://gate.example", organisation="Gate", dpop_algorithms=("ES256",))


def test_the_server_offers_what_it_does_and_nothing_else() -> None:
    document = DOCUMENTS.authorization_server()
    assert document["issuer"] == "https://gate.example"
    assert document["response_types_supported"] == ["code"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert document["grant_types_supported"] == ["authorization_code", "client_credentials", "refresh_token"]
    assert document["dpop_signing_alg_values_supported"] == ["ES256"]
    assert document["authorization_response_iss_parameter_supported"] is True
    endpoints = {name: url for name, url in document.items() if name.endswith(("_endpoint", "_uri"))}
    assert all(url.startswith("https://gate.example/oauth/") for url in endpoints.values())


def test_the_openid_document_is_the_same_and_more() -> None:
    server, provider = DOCUMENTS.authorization_server(), DOCUMENTS.openid_provider()
    assert provider.items() >= server.items()
    # OpenID Connect Discovery 1.0 §3: required.
    assert provider["subject_types_supported"] == ["public"]
    assert provider["id_token_signing_alg_values_supported"] == ["ES256"]
    assert "openid" in provider["scopes_supported"]


def test_the_resource_takes_bound_tokens_alone() -> None:
    document = DOCUMENTS.protected_resource()
    assert document["resource"] == "https://gate.example/v1"
    assert document["authorization_servers"] == ["https://gate.example"]
    assert document["dpop_bound_access_tokens_required"] is True
