"""The model server that web.py starts; MODEL names the file."""

import os
from typing import Optional

import numpy
import xgboost
from fastapi import FastAPI
from pydantic import create_model

FEATURES = ["f%d" % i for i in range(20)]

app = FastAPI()
booster = xgboost.Booster({"nthread": 1}, model_file=os.environ["MODEL"])
Applicant = create_model("Applicant", **{f: (Optional[float], None) for f in FEATURES})


@app.post("/margin")
async def margin(applicant: Applicant):
    row = numpy.array([[getattr(applicant, f) for f in FEATURES]], numpy.float32)
    return {"margin": float(booster.inplace_predict(row, predict_type="margin")[0])}
