from setuptools import find_packages, setup

with open("requirements.txt") as file:
    requirements = file.read().split()

setup(
    name="warehouse",
    version="1.0",
    description="What the flows have in common",
    packages=find_packages(exclude=["tests"]),
    python_requires=">=3.10",
    install_requires=requirements,
)
