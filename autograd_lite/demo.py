"""stub"""


def main(arguments: list[str]) -> int:
    print("demo")
    return 0
