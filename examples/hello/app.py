"""Greets: {"name": "Ravi"} -> {"message": "Hello, Ravi!"}."""


def handler(event, context):
    name = event.get("name", "world")
    print(f"Greeting {name}")
    return {"message": f"Hello, {name}!"}
