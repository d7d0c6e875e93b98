# SPDX-License-Identifier: Apache-2.0
"""The bundled Python runtime client of the Lambda Runtime API; standard library only."""
