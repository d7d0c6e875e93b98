# SPDX-License-Identifier: Apache-2.0
"""Generates C++ from botocore service models. See ../README.md."""
